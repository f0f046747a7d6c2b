"""What operators ask and do, without Airflow: the command line and the pages of the plugin call the same functions."""
