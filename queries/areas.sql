-- The areas of a level in reading order: for selectors and names.
select
    code, case $lang when 'it' then name_it else name_en end as name, level, parent, continent, position
from geographies
where
    case $level
        when 'italy' then level = 'area'
        when 'macro' then level = 'macro'
        when 'europe' then level = 'country' and europe
        when 'world' then level = 'country'
        else true
    end
order by
    case when $level in ('italy', 'macro') then position end,
    strip_accents(case $lang when 'it' then name_it else name_en end)
