-- Deployments to platforms: a row before the platform is asked, its end after.

insert into selfupgrade.schema_history (version, name)
values ('20261101000600', '20261101000600_deployments.sql') on conflict do nothing;

create table selfupgrade.deployments (
    id         uuid primary key default gen_random_uuid(),
    seq        bigint generated always as identity,
    agent      text not null,
    version    text not null,
    target     text not null check (length(target) between 1 and 60),
    state      text not null default 'BEGUN' check (state in ('BEGUN', 'DISPATCHED', 'FAILED', 'SUPERSEDED')),
    note       text not null default '',
    instance   uuid not null,
    epoch      bigint not null,
    created_at timestamptz not null default clock_timestamp(),
    settled_at timestamptz
);
create unique index deployments_begun on selfupgrade.deployments (agent) where state = 'BEGUN';
create index deployments_newest on selfupgrade.deployments (agent, seq desc);
comment on table selfupgrade.deployments is
    'LEDGER: what platforms were asked to run, and what they said';

select selfupgrade.secure_tables();
