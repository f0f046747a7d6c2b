"""## 日调度：跟踪反馈，编发提示函

每天 08:30（北京时间）一次，报告前一自然日：

1. **拉取**：先读一遍办公信箱和手机填报（与答复轮次同一步骤；补录不读），再补齐计算所需时段的报警、反馈和问题；
2. **计算**：各城市反馈情况，标出低响应城市及触发的规则；
3. **编制**：每个有新增或未反馈报警的城市一封提示函，需督办的另有督办函；
4. **签发**：参数要求时等待人员，否则直接通过；
5. **放行**：编号、定稿、排入发件箱；不新鲜的时段和补录只存档；
6. **投递**：每封信一次 SMTP 会话；
7. **核对**：每封应发的信都有着落，否则本步失败。

重跑不会重发：已放行的信不再改动，投递以发件箱的记录为准。
"""

from airflow.sdk import task
from cadence import Steps, approval, beat_dag, current_run, decision, say

steps = Steps("daily_dispatch")


@beat_dag("daily_dispatch", tags=["监管", "日调度"], approve=False)
def daily_dispatch():
    @task(task_display_name=say("拉取 pull"))
    def pull():
        return steps.pull(current_run("day"))

    @task(task_display_name=say("计算 figures"))
    def figures():
        return steps.figures(current_run("day"))

    @task(task_display_name=say("编制 compose"))
    def compose(computed):
        return steps.compose(current_run("day"), computed)

    @task(task_display_name=say("放行 release"))
    def release(answer):
        return steps.release(current_run("day"), decision(answer))

    @task(task_display_name=say("投递 post"))
    def post():
        return steps.post(current_run("day"))

    @task(task_display_name=say("核对 account"))
    def account(computed):
        return steps.account(current_run("day"), computed)

    computed = figures()
    answer = approval("daily_dispatch", "day")
    pull() >> computed
    compose(computed) >> answer
    release(answer.output) >> post() >> account(computed)


daily_dispatch()
