"""What serves the dashboard to more visitors than one machine holds, and what checks it before."""
