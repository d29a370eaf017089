-- Changes that agents propose to their source: a row before anything is made, each step, the end.

insert into selfupgrade.schema_history (version, name)
values ('20261101000760', '20261101000760_changes.sql') on conflict do nothing;

create table selfupgrade.changes (
    id            uuid primary key default gen_random_uuid(),
    seq           bigint generated always as identity,
    agent         text not null,
    target        text not null check (length(target) between 1 and 200),
    key           text not null check (key ~ '^[!-~]{1,100}$'),
    digest        text not null check (digest ~ '^[0-9a-f]{64}$'),
    title         text not null check (length(title) <= 200),
    state         text not null default 'PROPOSED'
        check (state in ('PROPOSED', 'WAITING', 'READY', 'FAILED', 'MERGED', 'CLOSED', 'REFUSED')),
    base_commit   text check (base_commit ~ '^[0-9a-f]{40,64}$'),
    own_commit    text check (own_commit ~ '^[0-9a-f]{40,64}$'),
    pull_request  bigint check (pull_request > 0),
    merged_commit text check (merged_commit ~ '^[0-9a-f]{40,64}$'),
    note          text not null default '',
    instance      uuid not null,
    epoch         bigint not null,
    created_at    timestamptz not null default clock_timestamp(),
    noted_at      timestamptz not null default clock_timestamp()
);
create unique index changes_of_key on selfupgrade.changes (agent, target, key) where state <> 'REFUSED';
create index changes_newest on selfupgrade.changes (agent, seq desc);
comment on table selfupgrade.changes is
    'LEDGER: what agents proposed to change in their source, and what became of it; files are not kept';

select selfupgrade.secure_tables();
