-- What the policies of upgrades remember.

insert into selfupgrade.schema_history (version, name)
values ('20261101000500', '20261101000500_policies.sql') on conflict do nothing;

alter table selfupgrade.agent_state add column floor text;
comment on column selfupgrade.agent_state.floor is
    'the version that an upgrade confirmed last: nothing below it is installed anew, unless a rollback was approved';

create table selfupgrade.release_indexes (
    agent   text not null,
    channel text not null,
    serial  bigint not null,
    seen_at timestamptz not null default clock_timestamp(),
    primary key (agent, channel)
) with (fillfactor = 50);
comment on table selfupgrade.release_indexes is
    'CONTROL: the highest serial seen of each channel''s signed index, and when a good one was seen last';

create table selfupgrade.upgrade_verdicts (
    upgrade  uuid primary key references selfupgrade.upgrades,
    approved boolean not null,
    by       text not null,
    why      text not null,
    at       timestamptz not null default clock_timestamp()
);
comment on table selfupgrade.upgrade_verdicts is
    'LEDGER: what a person decided about an upgrade that waited for it; the first word counts';

select selfupgrade.secure_tables();
