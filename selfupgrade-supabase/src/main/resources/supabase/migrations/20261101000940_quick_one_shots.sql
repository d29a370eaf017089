-- Claiming a one-shot changes no index any more: the new version of its row stays on its page, next to the old one.

insert into selfupgrade.schema_history (version, name)
values ('20261101000940', '20261101000940_quick_one_shots.sql') on conflict do nothing;

-- Room for a claim of every row beside it. What is being run is among what is ready, and needs no index of its own.
alter table selfupgrade.one_shots set (fillfactor = 50);
create index one_shots_queue on selfupgrade.one_shots (agent, handler, ready_at, id);
drop index selfupgrade.one_shots_waiting;
drop index selfupgrade.one_shots_running;
