-- The documents each observation of a selection was read in: one row per area, period and edition, with the
-- documents in one text.
with readings as (
    select distinct geo, period, edition, citation
    from observation_citations
    where indicator = $indicator and sector = $sector and gender = $gender and size = $size
)

select
    k.geo, k.period, k.edition,
    string_agg(
        concat_ws(
            ' ',
            c.publisher || ':', c.title, case when c.published <> '' then '(' || c.published || ')' end,
            nullif(c.url, '')
        ),
        ' | ' order by c.publisher, c.title, c.published, c.url
    ) as citations
from readings k
join citations c on c.id = k.citation
group by k.geo, k.period, k.edition
order by k.geo, k.period, k.edition
