create table public.guest (id bigint primary key, name text not null);
