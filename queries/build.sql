-- What this database was made from: one row.
select version, data_date, rows_read, observations, excluded_observations, (select count(*) from observations where status = 'derived') as derived from build
