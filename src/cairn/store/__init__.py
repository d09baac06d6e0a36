"""The database. Tables on one page, one fenced write, one shelf per noun; decides nothing of a course."""
