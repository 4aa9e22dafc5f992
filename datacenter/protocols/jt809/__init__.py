"""JT/T 809 platform to platform protocol (道路运输车辆卫星定位系统 平台数据交换), editions 2011 and 2019."""
