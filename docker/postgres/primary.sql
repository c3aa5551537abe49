-- SPDX-License-Identifier: BSL-1.0
-- What a new primary begins with. The passwords come from the environment, so that no process list has them.
\getenv app_password APP_PASSWORD
\getenv replication_password REPLICATION_PASSWORD
set password_encryption = 'scram-sha-256';
create role app login password :'app_password';
create role replication login replication password :'replication_password';
create database shop owner app;
\connect shop
set role app;
create table item (id int generated always as identity primary key, name text not null, price numeric(10, 2) not null);
insert into item (name, price) select 'item ' || n, n * 1.5 from generate_series(1, 1000) as n;
