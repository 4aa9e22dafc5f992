"""JT/T 808 terminal to platform protocol (道路运输车辆卫星定位系统 终端通讯协议), editions 2011, 2013 and 2019."""
