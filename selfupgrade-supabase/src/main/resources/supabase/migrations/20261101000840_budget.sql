-- How the database grows: its size, once an hour, by whichever primary measures first.

insert into selfupgrade.schema_history (version, name)
values ('20261101000840', '20261101000840_budget.sql') on conflict do nothing;

create table selfupgrade.budget_samples (
    hour           timestamptz primary key,
    measured_at    timestamptz not null,
    database_bytes bigint not null check (database_bytes > 0)
);
create index budget_samples_by_age on selfupgrade.budget_samples (measured_at);
comment on table selfupgrade.budget_samples is
    'LEDGER: size of the whole database, one row an hour for all agents, 60 days';

select selfupgrade.secure_tables();
