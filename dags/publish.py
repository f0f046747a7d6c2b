"""## 公开发布：网页和数据

由人员手动触发，没有固定时间：

1. **准备**：补齐记录，计算截至所填日期可以公布的各月（月末之后满规定天数），小数合并，列出新的版次；
2. **批准**：在“待办操作”页等待人员，批准之前什么也不写；
3. **发布**：记下新版次，写出网页（中文、英文）、CSV、区县地图和订阅源，整个替换公开文件夹。

准备之后事实有变，则发布一步失败，请重新触发。同样的记录总是得到相同的文件。
"""

from airflow.sdk import task
from cadence import (
    Steps,
    asked_until,
    beat_dag,
    house_now,
    publication_approval,
    publication_decision,
    say,
    until_param,
)

steps = Steps("publish")


@beat_dag("publish", tags=["公开"], params=until_param(), max_active_runs=1)
def publish():
    @task(task_display_name=say("准备 prepare"))
    def prepare():
        house, now, _ = house_now()
        return steps.prepare(house, asked_until(), now)

    @task(task_display_name=say("发布 publish"))
    def write(prepared, answer):
        house, now, _ = house_now()
        return steps.publish(house, prepared, publication_decision(answer), now)

    prepared, answer = prepare(), publication_approval()
    prepared >> answer
    write(prepared, answer.output)


publish()
