-- What agents let others see: their logs, and notifications on their way.

insert into selfupgrade.schema_history (version, name)
values ('20261101000300', '20261101000300_observe.sql') on conflict do nothing;

create table selfupgrade.agent_logs (
    id         uuid primary key default gen_random_uuid(),
    agent      text not null,
    instance   uuid not null,
    epoch      bigint not null default 0,
    level      text not null check (level in ('info', 'warn', 'error', 'debug')),
    message    text not null,
    context    jsonb not null default '{}',
    created_at timestamptz not null default clock_timestamp()
);
create index agent_logs_newest on selfupgrade.agent_logs (agent, created_at desc);
comment on table selfupgrade.agent_logs is
    'LEDGER: events of agents, with the id and the time that they got where they were logged';

create table selfupgrade.notifications (
    id         uuid primary key default gen_random_uuid(),
    agent      text not null,
    event      text not null,
    notifier   text not null,
    kind       text not null,
    title      text not null,
    body       text not null,
    state      text not null default 'WAITING' check (state in ('WAITING', 'DELIVERED', 'GIVEN_UP')),
    attempts   integer not null default 0,
    filed_at   timestamptz not null default clock_timestamp(),
    due_at     timestamptz not null default clock_timestamp(),
    settled_at timestamptz,
    note       text not null default '',
    instance   uuid not null,
    epoch      bigint not null,
    constraint notification_once unique (agent, event, notifier),
    constraint notification_is_settled check ((state = 'WAITING') = (settled_at is null))
) with (fillfactor = 80);
create index notifications_waiting on selfupgrade.notifications (agent, filed_at) where state = 'WAITING';
create index notifications_newest on selfupgrade.notifications (agent, filed_at desc);
comment on table selfupgrade.notifications is
    'LEDGER: the outbox, one row for each event and notifier';

-- Ticks are written in the order in which they are due, near enough: a few pages tell where the old ones are.
create index task_runs_by_age on selfupgrade.task_runs using brin (due) with (autosummarize = on);

select selfupgrade.secure_tables();
