"""Instructions (监管指令) and special campaigns (专项整治): what the city asks of its counties, and its progress."""
