DROP TABLE share_links;
DROP TABLE report_commentaries;
ALTER TABLE reports ADD COLUMN html TEXT;
UPDATE reports SET html = (
    SELECT body FROM report_renderings
    WHERE report_renderings.report_id = reports.id AND audience = '' AND format = 'html'
);
DROP TABLE report_renderings;
