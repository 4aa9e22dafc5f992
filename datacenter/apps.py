from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DatacenterConfig(AppConfig):
    """数据中心: the shared kernel that every subsystem stands on."""

    name = "datacenter"
    verbose_name = "数据中心"

    def ready(self) -> None:
        from datacenter import admin  # noqa: F401  registers what administrators edit
        from datacenter.accounts import grants
        from datacenter.assessment import defaults as assessment_defaults
        from datacenter.assessment import indicators, points
        from datacenter.assessment import tasks as assessment_tasks
        from datacenter.cases import looks, workflow
        from datacenter.commands import driver_card  # noqa: F401  it registers
        from datacenter.commands import section as commands_section
        from datacenter.detection import case_block, detectors, findings, on_track, settings  # noqa: F401  they register
        from datacenter.diagnosis import section as diagnosis_section
        from datacenter.emergencies import pictures
        from datacenter.instructions import indicators as instruction_indicators
        from datacenter.instructions import workflow as instructions
        from datacenter.media import defaults as media_defaults
        from datacenter.media import keepers, proof  # noqa: F401  keepers registers for photos
        from datacenter.media import pictures as media_pictures
        from datacenter.media import section as media_section
        from datacenter.notices import cases as notices_of_cases
        from datacenter.notices import emergencies as notices_of_emergencies
        from datacenter.notices import orders as notices_of_orders
        from datacenter.registry.demo.after import AFTER_HISTORY
        from datacenter.roadside import workflow as roadside
        from datacenter.screening import indicators as screening_indicators
        from datacenter.screening import workflow as screening
        from datacenter.statistics import folding as statistics
        from datacenter.tracks import quality, quality_views

        pictures.register(media_pictures.pictures_between)
        commands_section.register()
        media_section.register()
        proof.register()
        diagnosis_section.register()
        quality_views.register()
        if findings.confirm_on_verify not in workflow.AFTER_VERIFY:
            workflow.AFTER_VERIFY.append(findings.confirm_on_verify)
        if statistics.note_change not in workflow.AFTER_STEP:
            workflow.AFTER_STEP.append(statistics.note_change)
        if statistics.count_past not in AFTER_HISTORY:
            AFTER_HISTORY.append(statistics.count_past)
        if assessment_tasks.assess_past not in AFTER_HISTORY:
            AFTER_HISTORY.append(assessment_tasks.assess_past)
        looks.register()
        screening.register()
        notices_of_cases.register()
        notices_of_emergencies.register()
        notices_of_orders.register()
        instructions.register()
        roadside.register()
        if points.on_verify not in workflow.AFTER_VERIFY:  # after detection: what went on record takes its points
            workflow.AFTER_VERIFY.append(points.on_verify)
        indicators.register()
        screening_indicators.register()
        instruction_indicators.register()
        post_migrate.connect(grants.apply, sender=self, dispatch_uid="grants")
        post_migrate.connect(workflow.enter_rules, sender=self, dispatch_uid="workflow_rules")
        post_migrate.connect(settings.enter_detectors, sender=self, dispatch_uid="detectors")
        post_migrate.connect(quality.enter_limits, sender=self, dispatch_uid="quality_limits")
        post_migrate.connect(screening.enter_settings, sender=self, dispatch_uid="screening_settings")
        post_migrate.connect(roadside.enter_settings, sender=self, dispatch_uid="roadside_settings")
        post_migrate.connect(assessment_defaults.enter, sender=self, dispatch_uid="assessment")
        post_migrate.connect(media_defaults.enter_codes, sender=self, dispatch_uid="safety_codes")
