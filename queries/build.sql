-- What this database was built from: one row.
with derived_observations as (
    select count(*) as derived
    from observations
    where status = 'derived'
)

select
    b.version, b.data_date, b.rows_read, b.observations, b.excluded_observations, d.derived
from build b
cross join derived_observations d
