-- Which tasks the code that leads declares: those that it no longer has are neither run nor held against it.

insert into selfupgrade.schema_history (version, name)
values ('20261101000930', '20261101000930_declared.sql') on conflict do nothing;

-- The epoch whose primary has said last which tasks its code declares, and the epoch at which each was declared last. Empty:
-- the task was only scheduled, or declared by a version that does not say so. An instance of that version leads at an epoch
-- of its own, of which nothing is said here, so it finds every task in force.
alter table selfupgrade.leadership add column declared_epoch bigint;
alter table selfupgrade.task_state add column declared_epoch bigint;

-- A task that is retired is not enabled, either; if the database runs it, it is paused. Both is known to the version before,
-- which enables a task that it declares.
alter table selfupgrade.scheduled_tasks add column retired text;

-- Before Postgres 18 a trigger runs as whoever is current when it fires, and what a function has deferred fires after it.
comment on function selfupgrade.register_handler is
    'lets tasks of the database run a function of one jsonb, with the rights of who calls this; agents choose the payload. Before Postgres 18 triggers that a security definer function defers run with them too';
