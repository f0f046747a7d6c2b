"""## 小时监测：由站点读数研判报警

每小时第 10 分（北京时间）一次，研判前一整小时：

1. **接收**：收取投放文件夹和各来源的站点、小时值、风和分表计电数据；
2. **研判**：质量控制、背景、增量，形成或延续报警；停机漏判和迟到数据的小时（三天内）一并补判；
3. **核对**：本小时已研判，有多少站点有数；全网无数则本步失败（无数不等于空气好）。

补录任何一周均可，次序不限，结果相同；补录只研判所补的小时，不推送。
"""

from airflow.sdk import dag, task
from cadence import DAG_DEFAULTS, Steps, current_run, letter_params, timetable

steps = Steps("hourly_watch")


@dag(
    schedule=timetable("hourly_watch"), params=letter_params(approve=False), doc_md=__doc__,
    dag_display_name="小时监测 hourly_watch", tags=["监测", "小时"], **DAG_DEFAULTS,
)  # fmt: skip
def hourly_watch():
    @task(task_display_name="接收 take")
    def take():
        return steps.take(current_run("hour"))

    @task(task_display_name="研判 judge")
    def judge():
        return steps.judge(current_run("hour"))

    @task(task_display_name="核对 account")
    def account(judged):
        return steps.account(current_run("hour"), judged)

    judged = judge()
    take() >> judged
    account(judged)


hourly_watch()
