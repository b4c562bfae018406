DROP TABLE roadmap_risks;
