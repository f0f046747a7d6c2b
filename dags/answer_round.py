"""## 答复轮次：读取信箱

每 5 分钟一次，也可随时手动触发：

1. **收取**：读取办公信箱中的新邮件，逐封判断是反馈表、来信、退信、自动回复还是其他；
   反馈表逐行核对后计入，退信记到相应的投递，其余需要人看的进入来信匣。

2. **手机填报**（启用时）：收下手机页面收到的反馈，寄出验证码，告诉页面办理情况。

3. **上下级**（设有上级平台时）：取上级新推送和裁定的报警，把本级已办结的反馈报上去。

4. **交办**（档案有 `chain:` 时）：按规则交办新报警（`automatic`），发出交办单、反馈单、验收单；反复报警的网格立案（解剖分析）。

每封邮件、每份填报只处理一次；读不到的邮件留在信箱中，下一轮再读。都没有配置时什么也不做。
"""

from airflow.sdk import task
from cadence import Steps, beat_dag, house_now, say

steps = Steps("answer_round")


@beat_dag("answer_round", tags=["反馈"], max_active_runs=1)
def answer_round():
    @task(task_display_name=say("收取 take"))
    def take():
        return steps.take(*house_now())

    take()


answer_round()
