#!/bin/sh
# The roles of an installation whose people log in by Airflow's FAB provider; run it again whenever it changed: what is there stays.
#   reader         reads the desk, the runs and their logs
#   leader         reads, and signs what waits for a signature (Airflow: may then also pause a beat, not start a run)
#   duty_officer   reads, signs, starts runs and clears their tasks: acts at the desk (release, resend, contacts, decisions)
#   Admin          Airflow's own: people, connections, variables; the duty officers' work by the way, for there is nothing it may not
set -eu

airflow roles create reader leader duty_officer
# roles add-perms ROLE... -a ACTION... -r RESOURCE...: every action on every resource, to every role
airflow roles add-perms reader leader duty_officer -a can_read -r \
  Website DAGs "DAG Runs" "DAG Versions" "DAG Warnings" "DAG Code" "DAG Dependencies" "Task Instances" "Task Logs" XComs "HITL Detail" \
  ImportError Jobs Backfills "My Profile" "My Password"
airflow roles add-perms reader leader duty_officer -a menu_access -r DAGs "DAG Runs" "Task Instances" "HITL Detail" Browse
airflow roles add-perms reader leader duty_officer -a can_edit -r "My Profile" "My Password"
# Airflow lets only those sign who may edit the DAG, which is: pause it, and start one that is paused
airflow roles add-perms leader duty_officer -a can_edit -r "HITL Detail" DAGs
airflow roles add-perms duty_officer -a can_create can_edit -r "DAG Runs" "Task Instances" Backfills
