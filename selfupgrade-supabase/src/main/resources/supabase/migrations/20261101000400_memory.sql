-- What agents remember.

insert into selfupgrade.schema_history (version, name)
values ('20261101000400', '20261101000400_memory.sql') on conflict do nothing;

-- The column embedding vector(768) needs the type of pgvector, which not every server has: what sets recall by
-- vector up adds it, with its index.
create table selfupgrade.memories (
    id              uuid primary key default gen_random_uuid(),
    agent           text not null,
    external_id     text,
    content         text not null,
    tier            text not null default 'working' check (tier in ('short-term', 'working', 'long-term')),
    metadata        jsonb not null default '{}',
    importance      double precision not null default 0.5 check (importance between 0 and 1),
    embedding_model text,
    instance        uuid not null,
    epoch           bigint not null default 0,
    created_at      timestamptz not null default clock_timestamp(),
    expires_at      timestamptz default clock_timestamp() + interval '30 days',
    content_tsv     tsvector generated always as (to_tsvector('simple', content)) stored,
    constraint external_id_once unique (agent, external_id)
);
create index memories_words on selfupgrade.memories using gin (content_tsv);
create index memories_expiring on selfupgrade.memories (agent, expires_at) where expires_at is not null;
comment on table selfupgrade.memories is
    'DATA: what agents remember, each row until it expires';

select selfupgrade.secure_tables();
