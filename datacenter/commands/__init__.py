"""Orders to vehicles and their answers (指令下发): queued, sent by a gateway, acknowledged, answered, expired."""
