"""Pictures, recordings and alarms of active safety that terminals send (多媒体、主动安全报警), and who may see them."""
