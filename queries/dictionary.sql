-- The data dictionary: one row per column of the published tables, with its comment.
select table_name, column_name, data_type, coalesce(comment, '') as comment
from duckdb_columns()
where database_name = current_database() and not internal
order by table_name, column_index
