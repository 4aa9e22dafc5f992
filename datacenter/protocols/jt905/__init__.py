"""JT/T 905.2-2014: taxi in-car terminal (ISU) to supervision centre (出租汽车服务管理信息系统 运营专用设备)."""
