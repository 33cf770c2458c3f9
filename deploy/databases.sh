#!/bin/sh
# Run once by the database's own start-up, on an empty volume: one role and one database for each service.
set -eu
for service in airflow mlflow warehouse; do
    case "$service" in
        airflow) password="$AIRFLOW_DB_PASSWORD"; right="" ;;
        mlflow) password="$MLFLOW_DB_PASSWORD"; right="" ;;
        warehouse) password="$WAREHOUSE_DB_PASSWORD"; right="CREATEROLE" ;; # it makes the group roles churn_*
    esac
    psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
        --set name="$service" --set password="$password" <<SQL
CREATE ROLE :"name" LOGIN $right PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
done
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<SQL
GRANT CONNECT ON DATABASE warehouse TO PUBLIC; -- rights on what is in it are given by role
SQL
