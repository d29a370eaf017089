-- What the policies of upgrades remember.

insert into selfupgrade.schema_history (version, name)
values ('20261101000500', '20261101000500_policies.sql') on conflict do nothing;

alter table selfupgrade.agent_state add column floor text;
comment on column selfupgrade.agent_state.floor is
    'the version that an upgrade confirmed last: nothing below it is installed anew, unless a rollback was approved';

create index upgrades_of_build on selfupgrade.upgrades (agent, manifest_sha256, seq desc);

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

create table selfupgrade.rollback_requests (
    id          uuid primary key default gen_random_uuid(),
    seq         bigint generated always as identity,
    agent       text not null,
    to_version  text not null,
    by          text not null,
    created_at  timestamptz not null default clock_timestamp(),
    upgrade     uuid references selfupgrade.upgrades,
    answered_at timestamptz
);
create index rollback_requests_waiting on selfupgrade.rollback_requests (agent, seq) where upgrade is null;
comment on table selfupgrade.rollback_requests is
    'LEDGER: wishes of people to go back to an older version, each answered by one upgrade';

create table selfupgrade.revoked_keys (
    agent   text not null,
    key_id  text not null check (key_id ~ '^[0-9a-f]{32}$'),
    release text not null,
    at      timestamptz not null default clock_timestamp(),
    primary key (agent, key_id)
);
comment on table selfupgrade.revoked_keys is
    'CONTROL: keys that confirmed releases revoked; rows only narrow trust, what widens it is signed';

create table selfupgrade.key_changes (
    seq        bigint primary key generated always as identity,
    agent      text not null,
    manifest   bytea not null check (octet_length(manifest) <= 1048576),
    signatures bytea not null check (octet_length(signatures) <= 65536),
    at         timestamptz not null default clock_timestamp()
);
create unique index key_changes_once on selfupgrade.key_changes (agent, sha256(manifest));
create index key_changes_in_order on selfupgrade.key_changes (agent, seq);
comment on table selfupgrade.key_changes is
    'CONTROL: signed manifests of confirmed releases that changed keys; each instance verifies them by the keys that it trusts itself';

alter table selfupgrade.upgrades drop constraint upgrades_trigger_check;
alter table selfupgrade.upgrades add constraint upgrades_trigger_check
    check (trigger in ('SCHEDULED', 'MANUAL', 'WEBHOOK', 'ROLLBACK'));

select selfupgrade.secure_tables();
