DROP TABLE effort_template_people;
DROP TABLE effort_templates;
