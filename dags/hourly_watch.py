"""## 小时监测：由站点读数研判报警

每小时第 10 分（北京时间）一次，研判前一整小时：

1. **接收**：收取投放文件夹和各来源的站点、小时值、风和分表计电数据；
2. **研判**：质量控制、背景、增量，形成或延续报警；停机漏判和迟到数据的小时（三天内）一并补判；
3. **核对**：本小时已研判，有多少站点有数；全网无数则本步失败（无数不等于空气好）；
4. **推送**：有新报警的单位各一封短邮件，同一报警只推一次，明显加重再推；晚于 3 小时的留给人员放行。

补录任何一周均可，次序不限，结果相同；补录只研判所补的小时，不推送。
"""

from airflow.sdk import task
from cadence import Steps, approval, beat_dag, current_run, decision, say

steps, push = Steps("hourly_watch"), Steps("alarm_push")


@beat_dag("hourly_watch", tags=["监测", "小时"], approve=False)
def hourly_watch():
    @task(task_display_name=say("接收 take"))
    def take():
        return steps.take(current_run("hour"))

    @task(task_display_name=say("研判 judge"))
    def judge():
        return steps.judge(current_run("hour"))

    @task(task_display_name=say("核对 account"))
    def account(judged):
        return steps.account(current_run("hour"), judged)

    @task(task_display_name=say("推送核对 reckon"))
    def reckon(told):
        return push.account(current_run("hour"), told)

    @task(task_display_name=say("编制推送 compose"))
    def compose():
        return push.tell(current_run("hour"))

    @task(task_display_name=say("放行 release"))
    def release(answer):
        return push.release(current_run("hour"), decision(answer))

    @task(task_display_name=say("投递 post"))
    def post():
        return push.post(current_run("hour"))

    judged, told, answer = judge(), compose(), approval("alarm_push", "hour")
    take() >> judged >> told >> answer
    account(judged)
    release(answer.output) >> post() >> reckon(told)


hourly_watch()
