"""JT/T 1078-2016 道路运输车辆卫星定位系统视频通信协议: signalling in JT/T 808 frames, media in packets of its own."""
