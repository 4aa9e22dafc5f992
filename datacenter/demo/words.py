"""What people of the demo's past wrote (演示文字): every text says 演示, so that nobody takes it for a real file."""

DEMO = "（演示）"

HANDLED = (
    "已调取车载终端记录并询问驾驶员，情况清楚" + DEMO,
    "已约谈企业安全负责人，要求当日整改" + DEMO,
    "现场检查车辆与终端，拍照存档" + DEMO,
    "电话核实并通知企业带车到站说明" + DEMO,
)
SUBSTANTIATED = (
    "经查属实，已批评教育驾驶员并责令企业限期整改" + DEMO,
    "经查属实，企业已对驾驶员停班学习并上报整改情况" + DEMO,
    "经查属实，设备已修复，复测正常" + DEMO,
    "经查属实，已移送执法队依法处理" + DEMO,
)
UNFOUNDED = (
    "经核对轨迹与影像，不构成违规" + DEMO,
    "终端误报，已通知厂商检修" + DEMO,
    "车辆当时执行应急任务，有派车单" + DEMO,
)
RETURNED = (
    "未附整改证明，请补充后重新反馈" + DEMO,
    "结论与影像不一致，请重新核查" + DEMO,
    "未说明对企业的处理，请补充" + DEMO,
)
DECLINED = ("车辆已转籍，不属本辖区管理" + DEMO, "事发路段不在本辖区" + DEMO)
LATE = (
    "驾驶员外出跑长途，返回后方能询问" + DEMO,
    "企业提供材料较晚" + DEMO,
    "同期集中办理较多，人手不足" + DEMO,
)
EXTENSIONS = ("需等待终端厂商出具检测说明" + DEMO, "驾驶员在外地，预计两日后返回" + DEMO)
GRANTED = "同意延期" + DEMO
REFUSED = "理由不充分，请按期办结" + DEMO
ANSWERS = ("已安排专人办理，将尽快反馈" + DEMO, "情况已查清，正在完善材料" + DEMO)
SENT_BACK = "未说明办结时间，请重新回复" + DEMO
PRESSED = "请说明进展并按期办结" + DEMO
URGED = "请抓紧办理" + DEMO
DISPATCHED = "市级研判后派发" + DEMO
REDISPATCHED = "企业属地变更，改派" + DEMO
REOPENED = "抽查发现处理不到位，重新办理" + DEMO
DECIDED = "以影像为准裁定" + DEMO
GRADED = "影响较大，提级管理" + DEMO
CHECKED = "资料齐全" + DEMO
SEEN = ("影像清楚" + DEMO, "轨迹连续、速度可信" + DEMO, "")
GENERATED = "演示生成数据，没有真实轨迹"
