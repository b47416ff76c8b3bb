-- Names of sectors, sizes, genders and editions in reading order: kind says which list.
with lists as (
    select
        'sector' as kind, code, position, name_it, name_en, short_it, short_en, kind as family,
        '' as note_it, '' as note_en
    from sectors
    union all by name
    select
        'size' as kind, code, position, name_it, name_en, name_it as short_it, name_en as short_en,
        '' as family, '' as note_it, '' as note_en
    from sizes
    union all by name
    select
        'gender' as kind, code, position, name_it, name_en, name_it as short_it, name_en as short_en,
        '' as family, '' as note_it, '' as note_en
    from genders
    union all by name
    select
        'edition' as kind, code, position, name_it, name_en, name_it as short_it, name_en as short_en,
        '' as family, note_it, note_en
    from editions
)

select
    kind, code, case $lang when 'it' then name_it else name_en end as name,
    case $lang when 'it' then short_it else short_en end as short, family,
    case $lang when 'it' then note_it else note_en end as note
from lists
order by kind, position, code
