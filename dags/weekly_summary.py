"""## 周汇总：周中和周末情况汇总

每周三 09:00 报告周日至周二（周中），每周日 09:00 报告周三至周六（周末），北京时间：

1. **拉取**、**计算**：监管期以来的报警、反馈和问题；各城市、问题类别、典型案例、重复报警和长期未反馈、建议；
2. **编制**：一封汇总（PDF、Word、数据表），设置了分省汇总的另有各省一封；
3. **签发**、**放行**：参数要求时等待人员；定稿、排入发件箱；不新鲜的时段和补录只存档；
4. **投递**和**核对**：发给领导，抄送值班室；应发的汇总没有着落则本步失败。

监管期外不编汇总；跨监管期末的时段只统计期内的日子，并在文中说明。重跑不会重发。
"""

from airflow.sdk import Param, task
from cadence import Steps, approval, beat_dag, current_run, decision, say

steps, KINDS = Steps("weekly_summary"), ("midweek", "weekend")
IDS = {"type": "array", "items": {"type": "string"}}
CASES = {
    "pinned_cases": Param(
        [], **IDS, title=say("指定案例"), description=say("必须写入的报警编号，每行一个。")
    ),
    "dropped_cases": Param(
        [], **IDS, title=say("剔除案例"), description=say("不得写入的报警编号，每行一个。")
    ),
}


@beat_dag("weekly_summary", tags=["监管", "周汇总"], approve=False, params=CASES)
def weekly_summary():
    @task(task_display_name=say("拉取 pull"))
    def pull():
        return steps.pull(current_run(*KINDS))

    @task(task_display_name=say("计算 figures"))
    def figures(params=None):
        return steps.figures(current_run(*KINDS), params["pinned_cases"], params["dropped_cases"])

    @task(task_display_name=say("编制 compose"))
    def compose(computed):
        return steps.compose(current_run(*KINDS), computed)

    @task(task_display_name=say("放行 release"))
    def release(answer):
        return steps.release(current_run(*KINDS), decision(answer))

    @task(task_display_name=say("投递 post"))
    def post():
        return steps.post(current_run(*KINDS))

    @task(task_display_name=say("核对 account"))
    def account(computed):
        return steps.account(current_run(*KINDS), computed)

    computed, answer = figures(), approval("weekly_summary", *KINDS)
    pull() >> computed
    compose(computed) >> answer
    release(answer.output) >> post() >> account(computed)


weekly_summary()
