"""What anyone would pick instead: the closures page of Italian regions in Dash and in plainly written Streamlit."""
