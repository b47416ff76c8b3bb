-- Charted figures beside those that disagree with them: for analysts and fact-checkers.
select * from conflicts order by indicator, geo, period, excluded_source, excluded_value
