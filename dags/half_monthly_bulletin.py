"""## 半月通报：空气质量、工作进展和热点网格形势

每月 1 日、16 日 09:00（北京时间）各一次，报告上月下半月或本月上半月：

1. **等待空气数据**：导入 `var/air_quality` 中等待的文件；城市数据缺日的，等到当日 18:00，每十分钟看一次，不占执行位；
2. **拉取**：补齐报警、反馈和问题；城市空气质量数据仍不齐则停下；
3. **计算**：各城市的浓度、同比、环比和排名，各城市热点网格形势；1 日的通报同时确定上月预警网格；
4. **编制**：每个城市一封通报函，另有一份总览报领导；
5. **签发**：在“待办操作”页等待人员，签发之前什么也不发出；可以全部签发、只签发部分、不签发；
6. **放行**、**投递**和**核对**：编号、定稿、发出；应发的函件没有着落则本步失败。

上半月的通报不确定预警网格。补录只编制存档。重跑不会重发。
"""

from airflow.sdk import task
from cadence import Steps, approval, beat_dag, current_run, decision, say
from waits import AirWait

steps = Steps("half_monthly_bulletin")


@beat_dag("half_monthly_bulletin", tags=["监管", "半月通报"], approve=True)
def half_monthly_bulletin():
    @task(task_display_name=say("拉取 pull"))
    def pull():
        return steps.pull(current_run("half_month"))

    @task(task_display_name=say("计算 figures"))
    def figures():
        return steps.figures(current_run("half_month"))

    @task(task_display_name=say("编制 compose"))
    def compose(computed):
        return steps.compose(current_run("half_month"), computed)

    @task(task_display_name=say("放行 release"))
    def release(answer):
        return steps.release(current_run("half_month"), decision(answer))

    @task(task_display_name=say("投递 post"))
    def post():
        return steps.post(current_run("half_month"))

    @task(task_display_name=say("核对 account"))
    def account(computed):
        return steps.account(current_run("half_month"), computed)

    air = AirWait(
        task_id="air",
        task_display_name=say("等待空气数据 air"),
        workflow="half_monthly_bulletin",
        window_kind="half_month",
    )
    computed, answer = figures(), approval("half_monthly_bulletin", "half_month")
    air >> pull() >> computed
    compose(computed) >> answer
    release(answer.output) >> post() >> account(computed)


half_monthly_bulletin()
