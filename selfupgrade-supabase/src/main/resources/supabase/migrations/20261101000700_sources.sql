-- What release sources keep between reads, shared by all agents: copies of answers, and what was seen first.

insert into selfupgrade.schema_history (version, name)
values ('20261101000700', '20261101000700_sources.sql') on conflict do nothing;

create table selfupgrade.source_cache (
    key           text primary key check (length(key) between 1 and 300),
    validator     text not null default '' check (length(validator) <= 1000),
    body          bytea check (length(body) <= 1048576),
    checked_at    timestamptz,
    claim         uuid,
    claimed_until timestamptz not null default '-infinity',
    looked_at     timestamptz not null default clock_timestamp()
);
comment on table selfupgrade.source_cache is
    'CONTROL: copies of what release sources answered, and who asks at the moment';

create table selfupgrade.source_pins (
    key       text primary key check (length(key) between 1 and 300),
    value     text not null check (length(value) <= 1000),
    pinned_at timestamptz not null default clock_timestamp()
);
comment on table selfupgrade.source_pins is
    'LEDGER: what release sources saw first, and may never be another';

select selfupgrade.secure_tables();
