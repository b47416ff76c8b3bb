-- Where a small firm can learn or find help: one row per resource, those on offer first, ended ones last.
select
    r.id, r.kind, r.goals, r.topics, r.language, r.region,
    case $lang when 'it' then g.name_it else g.name_en end as region_name, g.level as region_level,
    r.cost, r.state, r.evidence_date, r.provider,
    case $lang when 'it' then r.title_it else r.title_en end as title,
    case $lang when 'it' then r.description_it else r.description_en end as description, r.address
from resources r
join geographies g on g.code = r.region
order by list_position(['active', 'unknown', 'ended'], r.state), g.position, r.evidence_date desc, r.id
