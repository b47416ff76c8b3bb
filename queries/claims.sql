-- The sentences that started this project, each with a verdict, a finding and a wording that holds.
-- One row per claim.
select
    id, case $lang when 'it' then claim_it else claim_en end as claim,
    case $lang when 'it' then stated_by_it else stated_by_en end as stated_by, stated_on, verdict,
    case $lang when 'it' then finding_it else finding_en end as finding,
    case $lang when 'it' then suggested_wording_it else suggested_wording_en end as suggested_wording,
    evidence_indicator, evidence_geo, evidence_period, evidence_value
from claims
order by position
