-- What the set-up command has done once and does not do again: what a person takes back stays taken back.

insert into selfupgrade.schema_history (version, name)
values ('20261101000890', '20261101000890_setup.sql') on conflict do nothing;

alter table selfupgrade.jobs add column if not exists set_up_at timestamptz;
comment on column selfupgrade.jobs.set_up_at is
    'when the set-up command gave the job to pg_cron, or found it there; it does so once';
