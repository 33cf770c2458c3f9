-- Late rows that say something new; two empty values are equal.
SELECT * FROM late_clean
EXCEPT
SELECT {{columns}} FROM {{before}}
