-- The source families, each with the number of its observations: one row per family.
select
    s.id, case $lang when 'it' then s.name_it else s.name_en end as name, s.publisher, s.kind,
    case $lang when 'it' then s.licence_it else s.licence_en end as licence, s.url,
    case $lang when 'it' then s.note_it else s.note_en end as note, count(o.value) as observations
from sources s
left join observations o on o.source = s.id
group by all
order by observations desc, s.id
