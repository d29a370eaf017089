-- Indexes for what agents do all day and a table was read as a whole for: cleaning up, and looking for failed versions.

insert into selfupgrade.schema_history (version, name)
values ('20261101000870', '20261101000870_indexes.sql') on conflict do nothing;

create index instances_of on selfupgrade.instances (agent, started_at);
create index upgrade_steps_by_age on selfupgrade.upgrade_steps (agent, at);
create index upgrade_requests_answered on selfupgrade.upgrade_requests (agent, answered_at) where upgrade is not null;
create index failed_versions_of on selfupgrade.failed_versions (agent, version);
create index snapshot_rows_of_agent on selfupgrade.snapshot_rows (agent, copied_at);
