-- What was said: conversations and their messages.

insert into selfupgrade.schema_history (version, name)
values ('20261101000960', '20261101000960_conversations.sql') on conflict do nothing;

create table selfupgrade.conversations (
    id         uuid primary key default gen_random_uuid(),
    agent      text not null,
    -- The caller's id, in the order of code points whatever the database's own order is.
    name       text collate "C" not null,
    last_seq   bigint not null default 0,
    -- Another one with each write: who has read this one writes only if nobody else has since.
    revision   uuid not null default gen_random_uuid(),
    -- What a model is shown: pairs of a first and a last sequence, in the order of showing.
    context    bigint[] not null default '{1,9223372036854775807}' check (cardinality(context) % 2 = 0),
    created_at timestamptz not null default clock_timestamp(),
    last_at    timestamptz not null default clock_timestamp(),
    constraint conversation_once unique (agent, name)
) with (fillfactor = 80);
create index conversations_by_age on selfupgrade.conversations (agent, last_at);
comment on table selfupgrade.conversations is
    'DATA: conversations by the caller''s ids, and what of them a model is shown';

-- No foreign key, so that a restore may bring either table back first: who writes or deletes locks the conversation.
create table selfupgrade.conversation_messages (
    conversation uuid not null,
    seq          bigint not null,
    agent        text not null,
    role         text not null check (role in ('SYSTEM', 'USER', 'ASSISTANT', 'TOOL')),
    content      text not null,
    tool_calls   jsonb not null default '[]',
    tool_results jsonb not null default '[]',
    -- JSON, as text: it comes back exactly as it was written.
    attributes   text not null default '{}',
    characters   integer not null,
    instance     uuid not null,
    epoch        bigint not null default 0,
    at           timestamptz not null default clock_timestamp(),
    primary key (conversation, seq)
);
create index conversation_messages_of_agent on selfupgrade.conversation_messages (agent, epoch);
comment on table selfupgrade.conversation_messages is
    'DATA: what was said, only added to; numbered from 1 in each conversation';
comment on column selfupgrade.conversation_messages.epoch is
    'at which the writer led, or 0: what a version wrote that was rolled back is told apart by this and by the instance';

select selfupgrade.secure_tables();
