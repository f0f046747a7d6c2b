"""## 热点网格遴选：由人员触发

没有定时。把参数文件和栅格数据放进 `var/selection/`，触发时填参数文件名：

1. **遴选 propose**：读入卫星PM2.5、排放清单、企业和上一份清单，逐项检查，打分、排序，生成清单提案；
2. 提案在督办台“热点网格清单”中由人员审核：剔除、增补（均须说明理由）、发布并指定施行日期；
3. 施行日期起的通报函和预警网格只讲清单内的网格。

输入有问题（坐标系缺失、上下颠倒、单位不符、年份重复等）则本步失败并指明是哪一个文件；同样的输入得出同样的清单，重跑不会多出提案。
"""

from airflow.sdk import Param, task
from cadence import Steps, beat_dag, house_now, say

steps = Steps("select_grids")
FILE = Param(
    "selection.yaml",
    type="string",
    minLength=1,
    maxLength=255,
    title=say("参数文件"),
    description=say("var/selection/ 中的文件名，例如 2026/selection.yaml；写法见 select-grids example。"),
)


@beat_dag("select_grids", tags=["热点网格"], params={"file": FILE}, max_active_runs=1)
def select_grids():
    @task(task_display_name=say("遴选 propose"))
    def propose(params=None):
        return steps.propose(*house_now(), params["file"])

    propose()


select_grids()
