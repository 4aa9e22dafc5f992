"""What terminals report besides positions (终端上报), and who keeps which of it."""
