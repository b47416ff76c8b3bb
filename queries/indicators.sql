-- The catalogue in one language: one row per indicator.
select
    id, topic, case $lang when 'it' then label_it else label_en end as label,
    case $lang when 'it' then description_it else description_en end as description,
    case $lang when 'it' then universe_it else universe_en end as universe,
    unit, decimals, desired_direction, source, breaks,
    case $lang when 'it' then note_it else note_en end as note
from indicators
order by position
