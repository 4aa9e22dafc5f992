"""Who is regulated (登记): companies, vehicles, people, permits, terminals, and who drives what since when.

Each row carries the county and company it belongs to, since the walls of ``accounts.scope`` stand on them.
"""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from datacenter.registry import rules


class Company(models.Model):
    """A transport company (企业、业户). Its id is that of its unit in the tree of units."""

    class Kind(models.TextChoices):
        TAXI = "taxi", "出租汽车"
        BUS = "bus", "公交"
        PASSENGER = "passenger", "道路客运"
        FREIGHT = "freight", "道路货运"

    unit = models.OneToOneField(
        "datacenter.Unit", verbose_name="机构", on_delete=models.PROTECT, primary_key=True, related_name="company"
    )
    name = models.CharField("企业名称", max_length=80, unique=True)
    kind = models.CharField("经营类别", max_length=12, choices=Kind.choices)
    credit_code = models.CharField(
        "统一社会信用代码", max_length=18, unique=True, validators=[rules.credit_code], help_text="GB 32100-2015"
    )
    county = models.ForeignKey("datacenter.County", verbose_name="属地县区", on_delete=models.PROTECT)
    legal_representative = models.CharField("法定代表人", max_length=40, blank=True)
    phone = models.CharField("联系电话", max_length=20, blank=True)
    address = models.CharField("地址", max_length=160, blank=True)
    networks = models.CharField(
        "终端接入网段",
        max_length=200,
        blank=True,
        validators=[rules.networks],
        help_text="JT/T 905 终端可从这些网段接入（CIDR，空格分隔）；终端自己的网段优先，都不填则不限",
    )
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    class Meta:
        db_table = "company"
        verbose_name = verbose_name_plural = "企业"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Vehicle(models.Model):
    """A regulated vehicle (车辆)."""

    class Kind(models.TextChoices):
        TAXI = "taxi", "出租汽车"
        BUS = "bus", "公交车"
        COACH = "coach", "客运班线、包车"
        HAZMAT = "hazmat", "危险货物运输车"
        HEAVY_TRUCK = "heavy_truck", "重型货车"

    class PlateColour(models.IntegerChoices):
        """JT/T 415 and JT/T 697.7; 5, 93 and 94 未核实 (domain facts §11)."""

        BLUE = 1, "蓝"
        YELLOW = 2, "黄"
        BLACK = 3, "黑"
        WHITE = 4, "白"
        GREEN = 5, "绿"
        OTHER = 9, "其他"
        YELLOW_GREEN = 93, "黄绿"
        GRADIENT_GREEN = 94, "渐变绿"

    class State(models.TextChoices):
        ACTIVE = "active", "营运"
        SUSPENDED = "suspended", "停运"
        RETIRED = "retired", "注销"

    plate = models.CharField("车牌号", max_length=10, validators=[rules.plate])
    plate_colour = models.PositiveSmallIntegerField("车牌颜色", choices=PlateColour.choices)
    kind = models.CharField("类别", max_length=12, choices=Kind.choices)
    company = models.ForeignKey(Company, verbose_name="企业", on_delete=models.PROTECT, related_name="vehicles")
    county = models.ForeignKey("datacenter.County", verbose_name="属地县区", on_delete=models.PROTECT)
    vin = models.CharField("车辆识别代号", max_length=17, blank=True, help_text="GB 16735")
    brand = models.CharField("厂牌型号", max_length=60, blank=True)
    seats = models.PositiveSmallIntegerField("核定座位", null=True, blank=True)
    load_kg = models.PositiveIntegerField("核定载质量 kg", null=True, blank=True)
    transport_permit_no = models.CharField("道路运输证号", max_length=40, blank=True)
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.ACTIVE)
    registered_on = models.DateField("登记日期", null=True, blank=True)

    class Meta:
        db_table = "vehicle"
        verbose_name = verbose_name_plural = "车辆"
        ordering = ["plate"]
        constraints = [
            # A plate is one vehicle's only together with its colour (JT/T 415), and only while it is not struck off.
            models.UniqueConstraint(
                fields=["plate", "plate_colour"], condition=~Q(state="retired"), name="vehicle_plate_once"
            )
        ]
        indexes = [
            models.Index(fields=["county", "kind"], name="vehicle_county_kind"),
            models.Index(fields=["company", "kind"], name="vehicle_company_kind"),
        ]

    def __str__(self) -> str:
        return self.plate


class Practitioner(models.Model):
    """Someone who works in the trade (从业人员), belonging to a county (属地属人)."""

    class Kind(models.TextChoices):
        DRIVER = "driver", "驾驶员"
        ESCORT = "escort", "押运员"
        LOADER = "loader", "装卸管理人员"

    name = models.CharField("姓名", max_length=40)
    kind = models.CharField("类别", max_length=12, choices=Kind.choices)
    identity_no = models.CharField(
        "居民身份证号", max_length=18, unique=True, validators=[rules.identity_no], help_text="GB 11643-1999"
    )
    phone = models.CharField("手机号", max_length=20, blank=True)
    company = models.ForeignKey(
        Company, verbose_name="企业", on_delete=models.PROTECT, null=True, blank=True, related_name="practitioners"
    )
    county = models.ForeignKey("datacenter.County", verbose_name="属地县区", on_delete=models.PROTECT)

    class Meta:
        db_table = "practitioner"
        verbose_name = verbose_name_plural = "从业人员"
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Certificate(models.Model):
    """A practitioner's certificate (从业资格证) and how long it is valid."""

    practitioner = models.ForeignKey(
        Practitioner, verbose_name="从业人员", on_delete=models.CASCADE, related_name="certificates"
    )
    category = models.CharField("资格类别", max_length=40)
    number = models.CharField("证号", max_length=40)
    valid_from = models.DateField("有效期起")
    valid_until = models.DateField("有效期止")

    class Meta:
        db_table = "certificate"
        verbose_name = verbose_name_plural = "从业资格证"
        constraints = [
            models.UniqueConstraint(fields=["category", "number"], name="certificate_number_once"),
            models.CheckConstraint(condition=Q(valid_until__gte=F("valid_from")), name="certificate_dates_in_order"),
        ]


class Permit(models.Model):
    """A company's licence to operate (经营许可)."""

    class Category(models.TextChoices):
        TAXI = "taxi", "巡游出租汽车经营"
        BUS = "bus", "城市公交经营"
        PASSENGER = "passenger", "道路旅客运输经营"
        FREIGHT = "freight", "道路普通货物运输"
        HAZMAT = "hazmat", "道路危险货物运输"

    company = models.ForeignKey(Company, verbose_name="企业", on_delete=models.CASCADE, related_name="permits")
    category = models.CharField("许可类别", max_length=12, choices=Category.choices)
    number = models.CharField("许可证号", max_length=60, unique=True)
    business_scope = models.CharField("经营范围", max_length=200, blank=True)
    valid_from = models.DateField("有效期起")
    valid_until = models.DateField("有效期止")

    class Meta:
        db_table = "permit"
        verbose_name = verbose_name_plural = "经营许可"
        constraints = [
            models.CheckConstraint(condition=Q(valid_until__gte=F("valid_from")), name="permit_dates_in_order")
        ]

    def __str__(self) -> str:
        return self.number


class Terminal(models.Model):
    """A device in a vehicle (车载终端) and its life: installed, under warranty, replaced, retired."""

    class Edition(models.TextChoices):
        JT808_2011 = "2011", "JT/T 808-2011"
        JT808_2013 = "2013", "JT/T 808-2013"
        JT808_2019 = "2019", "JT/T 808-2019"
        JT905_2014 = "905", "JT/T 905-2014"

    class State(models.TextChoices):
        IN_USE = "in_use", "在用"
        REPLACED = "replaced", "已更换"
        RETIRED = "retired", "停用"

    vehicle = models.ForeignKey(Vehicle, verbose_name="车辆", on_delete=models.PROTECT, related_name="terminals")
    phone = models.CharField("终端手机号", max_length=20, help_text="消息头中的终端手机号，去掉左侧补零")
    terminal_id = models.CharField("终端 ID", max_length=30, blank=True)
    maker = models.CharField("制造商", max_length=40, blank=True)
    model = models.CharField("型号", max_length=30, blank=True)
    edition = models.CharField("协议版本", max_length=4, choices=Edition.choices)
    iccid = models.CharField("SIM 卡 ICCID", max_length=20, blank=True)
    auth_code = models.CharField("鉴权码", max_length=32, blank=True)
    networks = models.CharField(
        "接入网段",
        max_length=200,
        blank=True,
        validators=[rules.networks],
        help_text="JT/T 905 终端可从这些网段接入（CIDR，空格分隔）；不填则按企业的",
    )
    installed_on = models.DateField("安装日期", null=True, blank=True)
    warranty_until = models.DateField("保修期止", null=True, blank=True)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.IN_USE)
    replaced_by = models.ForeignKey(
        "self", verbose_name="更换为", on_delete=models.PROTECT, null=True, blank=True, related_name="replaces"
    )

    class Meta:
        db_table = "terminal"
        verbose_name = verbose_name_plural = "车载终端"
        ordering = ["phone"]
        constraints = [
            models.UniqueConstraint(fields=["phone"], condition=Q(state="in_use"), name="terminal_phone_once"),
        ]

    def __str__(self) -> str:
        return self.phone


class DriverBinding(models.Model):
    """Who drives which vehicle since when (人车绑定)."""

    class Source(models.TextChoices):
        REGISTRY = "registry", "登记"
        SIGN_IN = "sign_in", "签到"
        CARD = "card", "刷卡"

    vehicle = models.ForeignKey(Vehicle, verbose_name="车辆", on_delete=models.CASCADE, related_name="bindings")
    practitioner = models.ForeignKey(
        Practitioner, verbose_name="驾驶员", on_delete=models.PROTECT, related_name="bindings"
    )
    since = models.DateTimeField("起", db_default=Now())
    until = models.DateTimeField("止", null=True, blank=True)
    source = models.CharField("来源", max_length=10, choices=Source.choices, default=Source.REGISTRY)

    class Meta:
        db_table = "driver_binding"
        verbose_name = verbose_name_plural = "人车绑定"
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="binding_times_in_order"
            )
        ]
        indexes = [models.Index(fields=["vehicle", "-since"], name="binding_vehicle_since")]


class UnknownTerminal(models.Model):
    """A terminal that asked to register and is in no registry (未登记终端), kept for the operator to adopt."""

    phone = models.CharField("终端手机号", max_length=20, unique=True)
    edition = models.CharField("协议版本", max_length=4)
    maker = models.CharField("制造商", max_length=40, blank=True)
    model = models.CharField("型号", max_length=30, blank=True)
    terminal_id = models.CharField("终端 ID", max_length=30, blank=True)
    plate = models.CharField("车牌号", max_length=20, blank=True)
    plate_colour = models.PositiveSmallIntegerField("车牌颜色", null=True, blank=True)
    first_seen_at = models.DateTimeField("首次出现", auto_now_add=True)
    last_seen_at = models.DateTimeField("最近出现")
    attempts = models.PositiveIntegerField("次数", default=1)
    remote = models.CharField("来源地址", max_length=60, blank=True)
    adopted_at = models.DateTimeField("接纳时间", null=True, blank=True)

    class Meta:
        db_table = "unknown_terminal"
        verbose_name = verbose_name_plural = "未登记终端"
        ordering = ["-last_seen_at"]
