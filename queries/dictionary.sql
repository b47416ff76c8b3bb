-- The data dictionary: one row per column of the published tables, with what it holds and what its table
-- holds.
select
    table_name, column_name, data_type,
    case $lang when 'it' then description_it else description_en end as comment,
    case $lang when 'it' then table_description_it else table_description_en end as table_comment
from dictionary
order by table_name, position
